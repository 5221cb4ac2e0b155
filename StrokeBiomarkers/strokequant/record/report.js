(function () {
  "use strict";
  var viewers = Array.prototype.map.call(document.querySelectorAll(".viewer"), function (box) {
    var prefix = box.dataset.prefix;
    var thumbs = Array.prototype.slice.call(document.querySelectorAll('.overview[data-viewer="' + box.id + '"] .thumb'));
    var slider = box.querySelector(".slider");
    var caption = box.querySelector(".caption");
    var core = box.querySelector(".show-core");
    var brain = box.querySelector(".show-brain");

    function show(position) {
      var thumb = thumbs[position];
      if (!thumb) return;
      var slice = thumb.dataset.slice;
      box.querySelectorAll("svg.slice").forEach(function (svg) {
        svg.querySelector(".i").setAttribute("href", "#" + prefix + "p" + svg.dataset.panel + "s" + slice);
        svg.querySelector(".c").setAttribute("href", "#" + prefix + "c" + slice);
        var outline = svg.querySelector(".b");
        if (outline) outline.setAttribute("href", "#" + prefix + "b" + slice);
        svg.setAttribute("aria-label", thumb.dataset.caption);
      });
      caption.textContent = thumb.dataset.caption;
      slider.value = position;
      slider.setAttribute("aria-valuetext", thumb.dataset.caption);
      thumbs.forEach(function (other) { other.classList.toggle("current", other === thumb); });
    }

    function toggle() {
      document.body.classList.toggle("no-core", !core.checked);
      box.classList.toggle("no-brain", !brain.checked);
    }

    box.querySelector(".controls").hidden = false;
    slider.addEventListener("input", function () { show(Number(slider.value)); });
    brain.addEventListener("change", toggle);
    show(Number(slider.value));
    return {
      box: box, slider: slider, core: core, brain: brain, show: show, toggle: toggle,
      showSlice: function (slice) {
        show(thumbs.findIndex(function (thumb) { return thumb.dataset.slice === slice; }));
      }
    };
  });
  if (!viewers.length) return;

  function showContours(on) {
    viewers.forEach(function (one) { one.core.checked = on; one.toggle(); });
  }

  viewers.forEach(function (one) {
    one.core.addEventListener("change", function () { showContours(one.core.checked); });
  });
  document.querySelectorAll("a[data-slice]").forEach(function (link) {
    link.addEventListener("click", function () {
      var name = link.closest("[data-viewer]");
      viewers.forEach(function (one) {
        if (!name || name.dataset.viewer === one.box.id) one.showSlice(link.dataset.slice);
      });
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    var step = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    viewers.forEach(function (one) {
      if (step && event.target !== one.slider && one.box.contains(event.target)) {
        one.show(Number(one.slider.value) + step);
        event.preventDefault();
      }
    });
    if (event.key === "c" || event.key === "C") showContours(!viewers[0].core.checked);
    if (event.key === "b" || event.key === "B") {
      viewers.forEach(function (one) { one.brain.checked = !one.brain.checked; one.toggle(); });
    }
  });
})();
