// The PIN, asked for within the page, so that the list of files is not lost.
const lock = () => {
  if (locked) return
  locked = true
  $('#pin').hidden = false
  text($('#pin-said'), '')
  announce(say('pinTitle'))
  redraw()
  // Brings it into view, unless somebody is typing.
  if (document.activeElement !== $('#write')) $('#pin input').focus()
}

const unlock = () => {
  locked = false
  $('#pin').hidden = true
  $('#pin input').value = ''
  next()
  hear()
}

const guess = async () => {
  const [input, button] = [$('#pin input'), $('#pin button')]
  if (button.disabled || !input.value.trim()) return
  button.disabled = true
  try {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = 'pin=' + encodeURIComponent(input.value.trim())
    const answer = await ask({ over: false, request: null }, 'POST', '/__stan/key', { headers, body })
    if (answer.status === 200) return unlock()
    const wait = Number(answer.head('Retry-After'))
    text($('#pin-said'), answer.status === 429 && wait ? say('pinWait', time(wait)) : answer.status === 403 ? say('pinWrong') : answer.json.detail || say('odd', answer.status))
    input.select()
  } catch (_) {
    text($('#pin-said'), say('pinLost'))
  } finally {
    button.disabled = false
  }
}
