
import"../chunks/D7Ii7XKl.js";import{n as e}from"../chunks/tM7xdlUt.js";function t(t){e(t,{})}export{t as component};