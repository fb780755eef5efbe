// Text both ways, without the clipboard that pages on plain http do not get.
const HEAR = 5000
let tag = ''
let hearing = 0

const sendText = async () => {
  const [field, button, said] = [$('#write'), $('#send-text'), $('#text-said')]
  if (!field.value || button.disabled) return
  button.disabled = true
  text(button, say('sending'))
  const words = field.value
  try {
    const headers = { 'Content-Type': 'text/plain; charset=utf-8' }
    const answer = await ask({ over: false, request: null }, 'POST', base + '/.text', { headers, body: words, patience: 2 * STALL })
    if (answer.status === 201) {
      if (field.value === words) field.value = ''
      text(said, say('textSent'))
      leave()
    } else {
      const { kind, note } = refusal(answer)
      if (kind === 'key') lock()
      text(said, kind === 'key' ? say('pinTitle') : answer.status === 413 ? say('textLong') : note)
    }
  } catch (_) {
    text(said, say('textLost'))
  }
  button.disabled = false
  text(button, say('sendText'))
}

// Fetches what the computer shares, every few seconds while somebody looks.
const hear = async () => {
  clearTimeout(hearing)
  if (document.visibilityState === 'hidden') return
  hearing = setTimeout(hear, HEAR)
  try {
    const answer = await ask({ over: false, request: null }, 'GET', base + '/.text', { headers: tag ? { 'If-None-Match': tag } : {} })
    if (answer.status === 403 && answer.json.title === 'no key') return lock()
    // Opened from another tab, or by the code.
    if (locked && answer.status < 400) unlock()
    if (answer.status === 200 && typeof answer.json.text === 'string') {
      tag = answer.head('ETag')
      share(answer.json.text)
    } else if (answer.status === 204) {
      tag = ''
      $('#shared').hidden = true
    }
  } catch (_) { /* the next time */ }
}

const share = words => {
  const field = $('#shared textarea')
  if (field.value !== words) {
    field.value = words
    announce(say('shared'))
  }
  field.rows = Math.max(2, Math.min(10, words.split('\n').length + Math.floor(words.length / 60)))
  const link = $('#shared a')
  const url = words.trim()
  link.hidden = !/^https?:\/\/[^\s]+$/i.test(url)
  if (!link.hidden) {
    link.href = url
    text(link, url)
  }
  $('#shared').hidden = false
}

const copy = () => {
  const field = $('#shared textarea')
  field.focus()
  field.setSelectionRange(0, field.value.length)
  let done = false
  try { done = document.execCommand('copy') } catch (_) { /* the person can, now that it is selected */ }
  const button = $('#copy')
  text(button, say(done ? 'copied' : 'selected'))
  setTimeout(() => text(button, say('copy')), 2500)
  if (done) button.focus()
}
