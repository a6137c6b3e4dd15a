
import"../chunks/D7Ii7XKl.js";import{n as e}from"../chunks/LDt-TbpY.js";function t(t){e(t,{})}export{t as component};