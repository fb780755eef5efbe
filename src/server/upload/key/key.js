// The page that asks for the PIN. Where the link with the key has just been opened from a page of
// another site, the browser keeps the new cookie back for that one step; from here it sends it.
'use strict'
;(() => {
  const [step] = performance.getEntriesByType ? performance.getEntriesByType('navigation') : []
  const to = document.querySelector('input[name=to]')
  if (step && step.redirectCount > 0 && to) location.replace(to.value)
})()
