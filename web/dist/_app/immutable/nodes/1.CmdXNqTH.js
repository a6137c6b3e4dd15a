
import"../chunks/D7Ii7XKl.js";import{t as e}from"../chunks/BizFzu6P.js";function t(t){e(t,{})}export{t as component};