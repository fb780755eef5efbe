// How files come in: by the two buttons, dropped, pasted; folders with what is in them.
const picked = files => take(Array.from(files, file => ({ file, path: file.webkitRelativePath })))

const dropped = transfer => {
  const entries = Array.from(transfer.items || [], item => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean)
  if (!entries.length) return picked(transfer.files)
  const unread = entry => () => announce(say('failure', entry.name, say('unread')))
  const walk = entry => {
    if (entry.isFile) return entry.file(file => take([{ file, path: entry.fullPath.replace(/^\/+/, '') }]), unread(entry))
    const reader = entry.createReader()
    // A folder is told in pieces.
    const more = () => reader.readEntries(found => { found.forEach(walk); if (found.length) more() }, unread(entry))
    more()
  }
  entries.forEach(walk)
}

const receiveDrops = () => {
  const whole = document.documentElement
  const files = event => event.dataTransfer && Array.from(event.dataTransfer.types).indexOf('Files') >= 0
  let inside = 0
  const mark = () => whole.classList.toggle('over', inside > 0)
  whole.addEventListener('dragenter', event => { if (files(event)) { inside++; mark() } })
  whole.addEventListener('dragleave', event => { if (files(event)) { inside = Math.max(0, inside - 1); mark() } })
  whole.addEventListener('dragover', event => { if (files(event)) event.preventDefault() })
  whole.addEventListener('drop', event => {
    if (!files(event)) return
    event.preventDefault()
    inside = 0
    mark()
    dropped(event.dataTransfer)
  })
  document.addEventListener('paste', event => {
    const pasted = event.clipboardData && event.clipboardData.files
    if (!pasted || !pasted.length) return
    event.preventDefault()
    picked(pasted)
  })
}
