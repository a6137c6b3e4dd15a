
import"../chunks/D7Ii7XKl.js";import{t as e}from"../chunks/k4Rq2LB0.js";function t(t){e(t,{})}export{t as component};