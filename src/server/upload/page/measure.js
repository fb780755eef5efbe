// Sizes, times, percent and speed: only what is known is shown, never NaN or Infinity.
const size = bytes => {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let unit = 0
  while (bytes >= 999.5 && unit < 4) { bytes /= 1000; unit++ }
  return (unit && bytes < 9.95 ? bytes.toFixed(1) : Math.round(bytes)) + ' ' + units[unit]
}

const time = seconds => {
  const s = Math.max(1, Math.ceil(seconds))
  if (s < 60) return say('seconds', s)
  return s < 3600 ? say('minutes', Math.floor(s / 60), s % 60) : say('hours', Math.floor(s / 3600), Math.floor(s % 3600 / 60))
}

const percent = (sent, total) => total > 0 ? Math.max(0, Math.min(100, Math.floor(100 * sent / total))) : 0

const figures = (sent, total, speed) => {
  const parts = [percent(sent, total) + '%', say('percent', size(sent), size(total))]
  if (speed > 0 && isFinite(speed)) {
    parts.push(size(speed) + '/s')
    const left = (total - sent) / speed
    // Beyond a day it is a guess.
    if (left > 0 && left < 86400) parts.push(say('left', time(left)))
  }
  return parts.join(' · ')
}

// Bytes a second over the last few seconds; `now` in milliseconds.
const meter = () => {
  let marks = []
  return {
    reset() { marks = [] },
    mark(bytes, now) {
      marks.push([now, bytes])
      while (marks.length > 2 && now - marks[0][0] > 5000) marks.shift()
      // Many small steps are one.
      if (marks.length > 60) marks = marks.filter((_, n) => n % 2 === 0 || n === marks.length - 1)
    },
    speed(now) {
      if (marks.length < 2) return 0
      const [first, last] = [marks[0], marks[marks.length - 1]]
      // Where nothing comes any more, it sinks.
      const ms = Math.max(last[0], now - 1000) - first[0]
      return ms > 0 ? Math.max(0, 1000 * (last[1] - first[1]) / ms) : 0
    },
  }
}

// Milliseconds to wait before try number `tries`, from 1; `chance` is from 0 to 1.
const pause = (tries, chance) => Math.min(10000, 500 * Math.pow(2, Math.min(tries, 10) - 1)) * (.75 + chance / 2)

// Another name for the same file: photo.jpg, photo (2).jpg, photo (3).jpg.
const numbered = path => {
  const [, start, number, end] = /^([^]*?)(?: \((\d{1,3})\))?((?:\.[^./ ]{1,12})?)$/.exec(path)
  return start + ' (' + (Number(number || 1) + 1) + ')' + end
}
