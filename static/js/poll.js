// Fetches the page again every few seconds and puts its moving part in place, until that part says it is finished.
// The part: data-poll="<seconds>", data-poll-until="<seconds in all>"; data-poll-away when the page itself must change.
(function () {
  "use strict";
  var part = document.querySelector("[data-poll]");
  if (!part) return;
  var pause = Number(part.dataset.poll) * 1000;
  var end = Date.now() + Number(part.dataset.pollUntil) * 1000;
  var stop = document.querySelector("[data-poll-stop]");
  var stopped = false;
  if (stop) {
    stop.hidden = false;
    stop.addEventListener("click", function () {
      stopped = true;
      stop.textContent = stop.dataset.stopped;
    });
  }

  function again() { if (!stopped && Date.now() < end) setTimeout(ask, pause); }

  function ask() {
    if (stopped) return;
    fetch(window.location.href, { credentials: "same-origin", redirect: "follow" })
      .then(function (answer) {
        if (!answer.ok) { again(); return; }
        return answer.text().then(function (text) {
          var page = new DOMParser().parseFromString(text, "text/html");
          var fresh = page.getElementById(part.id);
          if (!fresh || answer.redirected) { window.location.reload(); return; }
          if (stopped) return;
          if (fresh.innerHTML !== part.innerHTML) part.replaceChildren.apply(part, Array.from(fresh.childNodes));
          if (fresh.hasAttribute("data-poll")) again();
          else if (stop) stop.hidden = true;
        });
      })
      .catch(again);
  }

  setTimeout(ask, pause / 4); // what is waited for has often come while the page was on its way
})();
