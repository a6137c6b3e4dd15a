//# allFunctionsCalledOnLoad
export{c as load_css,s as start}from"../chunks/D7Ii7XKl.js";