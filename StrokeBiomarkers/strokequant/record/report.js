(function () {
  "use strict";
  var viewer = document.getElementById("viewer");
  if (!viewer) return;
  var thumbs = Array.prototype.slice.call(document.querySelectorAll(".thumb"));
  var slider = document.getElementById("slider");
  var caption = document.getElementById("caption");
  var core = document.getElementById("show-core");
  var brain = document.getElementById("show-brain");

  function show(position) {
    var thumb = thumbs[position];
    if (!thumb) return;
    var slice = thumb.dataset.slice;
    viewer.querySelectorAll("svg.slice").forEach(function (svg) {
      svg.querySelector(".i").setAttribute("href", "#p" + svg.dataset.panel + "s" + slice);
      svg.querySelector(".c").setAttribute("href", "#c" + slice);
      var outline = svg.querySelector(".b");
      if (outline) outline.setAttribute("href", "#b" + slice);
      svg.setAttribute("aria-label", thumb.dataset.caption);
    });
    caption.textContent = thumb.dataset.caption;
    slider.value = position;
    slider.setAttribute("aria-valuetext", thumb.dataset.caption);
    thumbs.forEach(function (other) { other.classList.toggle("current", other === thumb); });
  }

  function showSlice(slice) {
    show(thumbs.findIndex(function (thumb) { return thumb.dataset.slice === slice; }));
  }

  function toggle() {
    document.body.classList.toggle("no-core", !core.checked);
    viewer.classList.toggle("no-brain", !brain.checked);
  }

  viewer.querySelector(".controls").hidden = false;
  slider.addEventListener("input", function () { show(Number(slider.value)); });
  core.addEventListener("change", toggle);
  brain.addEventListener("change", toggle);
  document.querySelectorAll("a[data-slice]").forEach(function (link) {
    link.addEventListener("click", function () { showSlice(link.dataset.slice); });
  });
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    var step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (step && event.target !== slider && viewer.contains(event.target)) {
      show(Number(slider.value) + step);
      event.preventDefault();
    }
    if (event.key === "c" || event.key === "C") { core.checked = !core.checked; toggle(); }
    if (event.key === "b" || event.key === "B") { brain.checked = !brain.checked; toggle(); }
  });
  show(Number(slider.value));
})();
