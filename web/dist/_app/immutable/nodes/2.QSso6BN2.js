
import"../chunks/D7Ii7XKl.js";import{n as e}from"../chunks/D7RCudR7.js";function t(t){e(t,{})}export{t as component};