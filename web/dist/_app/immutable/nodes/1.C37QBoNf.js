
import"../chunks/D7Ii7XKl.js";import{t as e}from"../chunks/D1t2UT9U.js";function t(t){e(t,{})}export{t as component};