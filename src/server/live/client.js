/* stan: this page refreshes by itself. It talks to the server that it came from, to nobody else. */
(function () {
  'use strict';
  var script = document.currentScript;
  if (window.__stan || !window.WebSocket) return;
  window.__stan = true;

  var BEAT = 15000; // the server is heard every 10 s, or the socket is dead
  var build = (script && script.getAttribute('data-build')) || '';
  var page = path(location.href);
  var socket, opening, retry, watchdog, since;
  var wait = 200;
  var leaving = false;
  var corner, soon, first;

  // ---- helpers ------------------------------------------------------------------------------

  /* The decoded path of a URL of this server; '' for any other. */
  function path(url, base) {
    try {
      url = new URL(url, base || document.baseURI);
      return url.origin === location.origin ? decodeURIComponent(url.pathname) : '';
    } catch (e) {
      return '';
    }
  }

  /* Whether a changed path is this path, or a folder above it. */
  function is(changed, path) {
    return !!path && (path === changed || path.indexOf(changed + '/') === 0);
  }

  function clean(path) {
    return path.replace(/(^|\/)index\.html?$/, '$1').replace(/\.html?$/, '');
  }

  function each(selector, what) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), what);
  }

  function remember(key, value) {
    try {
      if (value === undefined) return JSON.parse(sessionStorage.getItem('stan:' + key + ':' + page));
      sessionStorage.setItem('stan:' + key + ':' + page, JSON.stringify(value));
    } catch (e) { /* private mode */ }
    return null;
  }

  /* The paths of all that this page has loaded. */
  function uses() {
    var found = {};
    if (window.performance && performance.getEntriesByType) {
      performance.getEntriesByType('resource').forEach(function (entry) { found[path(entry.name)] = 1; });
    }
    each('script[src],img[src]', function (element) { found[path(element.src)] = 1; });
    each('link[href]', function (element) { found[path(element.href)] = 1; });
    return Object.keys(found).filter(function (path) { return path && path.indexOf('/__stan/') !== 0; });
  }

  /* The same URL, to be fetched anew. */
  function fresh(url) {
    var parts = url.split('#');
    var plain = parts[0].replace(/([?&])stan=\d+&?/, '$1').replace(/[?&]$/, '');
    parts[0] = plain + (plain.indexOf('?') < 0 ? '?' : '&') + 'stan=' + Date.now();
    return parts.join('#');
  }

  // ---- refreshing ---------------------------------------------------------------------------

  /* What marks a page as the list of a folder: it shows what it does not load. */
  function listing() {
    return document.querySelector('[data-stan-listing]');
  }

  /* Whether it shows an entry with this path. */
  function lists(changed) {
    var cut = changed.lastIndexOf('/') + 1;
    return changed.slice(0, cut) === page && changed.charAt(cut) !== '.' && !!listing();
  }

  /* The field of its filter. */
  function filter() {
    return listing() && listing().querySelector('input[type=search]');
  }

  /* A list waits until a burst is over, and until nobody types in its filter. */
  function reload(quiet) {
    if (!listing()) return refresh();
    first = first || Date.now();
    clearTimeout(soon);
    soon = setTimeout(function () {
      first = 0;
      var field = filter();
      if (!field || field.value === field.defaultValue) return refresh();
      if (field !== document.activeElement) {
        remember('typed', field.value);
        return refresh();
      }
      // Longer than a press of the button beside it takes.
      field.addEventListener('blur', function () { reload(1000); }, { once: true });
    }, Math.max(0, Math.min(quiet || 400, first + 2000 - Date.now())));
  }

  /* Asks the page, which may have something to lose. */
  function may(what, detail) {
    return window.dispatchEvent(new CustomEvent('stan:' + what, { cancelable: true, detail: detail }));
  }

  function refresh() {
    if (leaving || !may('refresh')) return;
    leaving = true;
    setTimeout(function () { leaving = false; }, 3000); // the person may have said no
    remember('at', [window.pageXOffset, window.pageYOffset, Date.now()]);
    location.reload();
  }

  /* Puts a new stylesheet beside the old one, which goes when the new one is there: no flash. */
  function swap(link) {
    var next = link.cloneNode(false);
    link.stanOld = true;
    next.href = fresh(link.href);
    next.onload = function () { if (link.parentNode) link.parentNode.removeChild(link); };
    next.onerror = function () { link.stanOld = false; if (next.parentNode) next.parentNode.removeChild(next); };
    link.parentNode.insertBefore(next, link.nextSibling);
  }

  function style(changed, used) {
    var own = [], hit = [];
    each('link[rel~="stylesheet"][href]', function (link) {
      var at = path(link.href);
      if (!at || link.stanOld) return;
      own.push(link);
      if (is(changed, at)) hit.push(link);
    });
    if (!hit.length && used) hit = own; // imported by one of them
    hit.forEach(swap);
    return hit.length > 0;
  }

  var PICTURES = ['backgroundImage', 'borderImageSource', 'listStyleImage', 'maskImage', 'webkitMaskImage', 'content', 'cursor'];

  function restyle(style, changed, base) {
    var hit = false;
    PICTURES.forEach(function (name) {
      var value = style[name];
      if (!value || value.indexOf('url(') < 0) return;
      var next = value.replace(/url\((["']?)(.*?)\1\)/g, function (all, quote, url) {
        if (!is(changed, path(url, base))) return all;
        hit = true;
        return 'url("' + fresh(url) + '")';
      });
      if (next !== value) style[name] = next;
    });
    return hit;
  }

  function rules(sheet, changed, base) {
    var hit = false, list;
    try { list = sheet.cssRules; } catch (e) { return false; } // another origin's
    Array.prototype.forEach.call(list || [], function (rule) {
      if (rule.style && restyle(rule.style, changed, base)) hit = true;
      if (rule.styleSheet && rules(rule.styleSheet, changed, rule.styleSheet.href || base)) hit = true;
      if (rule.cssRules && rules(rule, changed, base)) hit = true;
    });
    return hit;
  }

  function picture(changed) {
    var hit = false;
    ['src', 'poster', 'href'].forEach(function (name) {
      each('img[src],input[src],video[poster],link[rel~="icon"][href],image[href]', function (element) {
        var url = element.getAttribute(name);
        if (!url || !is(changed, path(url))) return;
        element.setAttribute(name, fresh(url));
        hit = true;
      });
    });
    each('[srcset]', function (element) {
      var mine = false;
      var next = element.getAttribute('srcset').split(',').map(function (part) {
        var words = part.trim().split(/\s+/);
        if (is(changed, path(words[0]))) {
          words[0] = fresh(words[0]);
          mine = hit = true;
        }
        return words.join(' ');
      }).join(', ');
      if (mine) element.setAttribute('srcset', next);
    });
    each('[style*="url("]', function (element) {
      if (restyle(element.style, changed, document.baseURI)) hit = true;
    });
    Array.prototype.forEach.call(document.styleSheets, function (sheet) {
      if (rules(sheet, changed, sheet.href || document.baseURI)) hit = true;
    });
    return hit;
  }

  /* Files changed. What the page does not use is none of its business. */
  function change(urls) {
    var all = uses();
    var whole = urls.some(function (changed) {
      if (clean(changed) === clean(page) || is(changed, page) || lists(changed)) return true;
      var used = all.some(function (path) { return is(changed, path); });
      if (/\.css$/i.test(changed)) return !style(changed, used) && used;
      if (/\.(png|jpe?g|gif|webp|avif|svg|ico|bmp)$/i.test(changed)) return !picture(changed) && used;
      return used;
    });
    if (whole) reload();
  }

  // ---- the corner that says what is wrong -----------------------------------------------------

  function clear() {
    if (corner && corner.parentNode) corner.parentNode.removeChild(corner);
    corner = null;
  }

  function element(parent, tag, css, text) {
    var made = document.createElement(tag);
    made.style.cssText = css;
    if (text) made.textContent = text;
    parent.appendChild(made);
    return made;
  }

  function say(title, text, link) {
    clear();
    if (!document.body || !document.body.attachShadow) return;
    corner = document.createElement('div');
    corner.style.cssText = 'position:fixed;right:12px;bottom:12px;z-index:2147483647;max-width:calc(100vw - 24px)';
    var box = element(corner.attachShadow({ mode: 'open' }), 'div',
      'font:14px/1.4 ui-monospace,Menlo,Consolas,monospace;color:#fff;background:#7a1420;border-radius:8px;' +
      'padding:10px 14px;box-shadow:0 4px 24px rgba(0,0,0,.4);max-width:44em;max-height:50vh;overflow:auto');
    box.setAttribute('role', 'alert');
    var close = element(box, 'button',
      'float:right;margin:-4px -8px 0 8px;min-width:32px;min-height:32px;border:0;background:none;color:inherit;font:inherit', '\u00d7');
    close.setAttribute('aria-label', 'Dismiss');
    close.onclick = clear;
    element(box, 'strong', 'display:block', title);
    if (text) element(box, 'pre', 'font:inherit;margin:6px 0 0;white-space:pre-wrap;overflow-wrap:anywhere', text);
    if (link) element(box, 'a', 'color:inherit', link).href = link;
    document.body.appendChild(corner);
  }

  // ---- the server moved -----------------------------------------------------------------------

  function follow(port, tries) {
    if (location.protocol !== 'http:' || String(port) === (location.port || '80')) return;
    var server = 'http://' + location.hostname + ':' + port;
    var there = server + location.pathname + location.search + location.hash;
    var ask = new XMLHttpRequest();
    function no() {
      if (tries > 0) setTimeout(follow, 300, port, tries - 1);
      else say('stan moved to port ' + port, 'It does not answer from here (a tunnel or a firewall?).', there);
    }
    ask.onload = function () {
      if (ask.status !== 200) no();
      else if (may('moved', server)) location.replace(there);
    };
    ask.onerror = ask.ontimeout = no;
    ask.open('GET', server + '/__stan/client.js');
    ask.timeout = 3000;
    ask.send();
  }

  // ---- the socket -----------------------------------------------------------------------------

  function send(message) {
    if (socket && socket.readyState === 1) socket.send(JSON.stringify(message));
  }

  function hello(now) {
    wait = 200;
    // At first: what changed since this page began to load.
    if (since === undefined) since = now - (window.performance ? performance.now() : 0);
    var back = { t: 'back', page: page, build: build, since: Math.max(0, Math.floor(since)), uses: uses() };
    while (JSON.stringify(back).length > 15000) back.uses.length = back.uses.length >> 1;
    send(back);
  }

  function hear(message) {
    switch (message.t) {
      case 'hello': hello(message.now); break;
      case 'ping': send({ t: 'pong' }); break;
      case 'change': change(message.urls); break;
      case 'reload':
        if (message.missed) {
          // Not in circles, whatever the clocks say.
          var again = remember('again') || [0, 0];
          if (Date.now() - again[1] > 10000) again = [0, Date.now()];
          if (again[0] >= 3) break;
          remember('again', [again[0] + 1, again[1]]);
        }
        reload();
        break;
      case 'error': say(message.title, message.text); break;
      case 'clear': clear(); break;
      case 'move': follow(message.port, 5); break;
      case 'bye': wait = 1000; break;
    }
    since = message.now;
  }

  function drop() {
    var old = socket;
    socket = null;
    [opening, retry, watchdog].forEach(clearTimeout);
    if (!old) return;
    old.onopen = old.onmessage = old.onclose = old.onerror = null;
    try { old.close(); } catch (e) { /* not even open */ }
  }

  function lost() {
    drop();
    if (document.hidden) return; // becoming visible connects again
    retry = setTimeout(connect, wait);
    wait = Math.min(wait * 2, 5000);
  }

  function connect() {
    drop();
    try {
      socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/__stan/live?page=' + encodeURIComponent(page));
    } catch (e) {
      return; // the page's own policy says no
    }
    opening = setTimeout(lost, 5000);
    socket.onopen = function () { clearTimeout(opening); };
    socket.onclose = socket.onerror = lost;
    socket.onmessage = function (event) {
      clearTimeout(watchdog);
      watchdog = setTimeout(connect, BEAT);
      hear(JSON.parse(event.data));
    };
  }

  if (window.performance && performance.setResourceTimingBufferSize) performance.setResourceTimingBufferSize(2000);
  addEventListener('pagehide', drop); // an open socket keeps a page out of the back/forward cache
  addEventListener('pageshow', function (event) { if (event.persisted) { leaving = false; connect(); } });
  addEventListener('online', connect);
  document.addEventListener('visibilitychange', function () { if (!document.hidden) { wait = 200; connect(); } });

  function ready(what) {
    if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', what);
    else what();
  }

  // What was half typed when the list refreshed.
  var half = remember('typed');
  if (half !== null) {
    remember('typed', null);
    ready(function () {
      var field = filter();
      if (field && field.value === field.defaultValue) field.value = half;
    });
  }

  // Back to where the page was before it refreshed, unless the person has moved on.
  var at = remember('at');
  if (at && Date.now() - at[2] < 15000) {
    remember('at', null);
    var moved = false;
    ['wheel', 'touchstart', 'keydown'].forEach(function (kind) {
      addEventListener(kind, function () { moved = true; }, { passive: true, once: true });
    });
    var back = function () { if (!moved) window.scrollTo(at[0], at[1]); };
    ready(back);
    addEventListener('load', back);
  }
  connect();
})();
