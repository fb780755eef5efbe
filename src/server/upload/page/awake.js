// Keeps the screen on while files are on their way, where the browser can; else says so.
let wake = null
let asleep = !navigator.wakeLock

const stayAwake = () => {
  const needed = items.some(item => pausable(item))
  if (navigator.wakeLock) {
    if (needed && !wake && document.visibilityState === 'visible') {
      wake = navigator.wakeLock.request('screen').then(lock => {
        asleep = false
        // The browser lets go of it whenever the page is hidden.
        lock.addEventListener('release', () => { wake = null })
        return lock
      }, () => {
        asleep = true
        wake = null
        redraw()
        return null
      })
    } else if (!needed && wake) {
      wake.then(lock => lock && lock.release())
      wake = null
    }
  }
}
