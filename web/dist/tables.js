// Opens the browser's tables of times and numbers, beside the thread that draws the page; see early.js.
new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }).format();
new Intl.NumberFormat().format(1);
new Intl.RelativeTimeFormat().format(0, 'second');
close();
