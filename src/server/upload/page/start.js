// Brings the page to life.
document.documentElement.classList.add('script')
if (chinese) document.documentElement.lang = 'zh'
for (const element of document.querySelectorAll('[data-say]')) text(element, say(element.dataset.say))

for (const input of document.querySelectorAll('input[type=file]')) {
  input.addEventListener('change', () => {
    picked(input.files)
    // The same files can be chosen again.
    input.value = ''
  })
}
const folder = $('#folder')
folder.hidden = !('webkitdirectory' in folder.querySelector('input'))
form.addEventListener('submit', event => event.preventDefault())
$('#drop').hidden = !window.matchMedia('(hover: hover)').matches
receiveDrops()

$('#hold').addEventListener('click', () => items.some(pausable) ? holdAll() : resumeAll())
$('#retry').addEventListener('click', retryAll)
$('#clear').addEventListener('click', clear)
$('#pin button').addEventListener('click', guess)
$('#pin input').addEventListener('keydown', event => { if (event.key === 'Enter') guess() })
$('#send-text').addEventListener('click', sendText)
$('#copy').addEventListener('click', copy)
$('#words').hidden = false

const back = () => { hurry(); hear() }
window.addEventListener('online', back)
window.addEventListener('pageshow', back)
document.addEventListener('visibilitychange', back)
window.addEventListener('beforeunload', event => {
  if (!busy()) return
  event.preventDefault()
  event.returnValue = ''
})

// Live reload would lose the files that were chosen and what became of them (see client.js): the page goes
// on as it is, at the new address where the server has moved, and goes there itself when the list is empty
// and somebody answers there.
let destination = ''
const keeps = () => items.length > 0 || $('#write').value !== ''
const leave = async () => {
  if (!destination || keeps()) return
  const there = await ask({ over: false, request: null }, 'GET', base + '/.text').catch(() => null)
  if (there && !keeps()) location.replace(destination + location.pathname + location.search)
}
window.addEventListener('stan:refresh', event => { if (keeps()) event.preventDefault() })
window.addEventListener('stan:moved', event => {
  if (!keeps()) return
  event.preventDefault()
  destination = wire.origin = event.detail
  $('footer a').href = destination + '/'
  hurry()
})
