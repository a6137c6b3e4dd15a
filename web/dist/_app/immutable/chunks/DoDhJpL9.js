
import{_n as e}from"./BIATigzx.js";var t=()=>e(`GET`,`/settings`),n=(t,n)=>e(`PUT`,`/settings`,{body:{values:{[t]:n}}}),r=()=>e(`GET`,`/system`);export{r as n,t as r,n as t};