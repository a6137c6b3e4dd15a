
import"../chunks/D7Ii7XKl.js";import{t as e}from"../chunks/KsLaJoLD.js";function t(t){e(t,{})}export{t as component};