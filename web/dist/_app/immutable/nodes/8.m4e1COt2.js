
import"../chunks/D7Ii7XKl.js";import{t as e}from"../chunks/DEXRJLVB.js";function t(t){e(t,{})}export{t as component};