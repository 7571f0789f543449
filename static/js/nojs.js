// Tells the style sheet that scripts run. Loaded first, so that nothing jumps.
document.documentElement.classList.remove("no-js");
