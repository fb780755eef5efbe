// What is in a file, read piece by piece: the mark that it is found again by, the digest that proves it.
const SAMPLE = 65536
const PIECE = 2 << 20

// From where to where a file of that size is looked at for its mark.
const samples = size => {
  if (size <= 3 * SAMPLE) return [[0, size]]
  const middle = Math.floor(size / 2) - SAMPLE / 2
  return [[0, SAMPLE], [middle, middle + SAMPLE], [size - SAMPLE, size]]
}

// What does not go as it should; `kind` says what can be done about it.
const trouble = (kind, note, more) => Object.assign({ kind, note: note || '' }, more)

const bytesOf = (file, from, to) => new Promise((resolve, reject) => {
  const unread = () => reject(trouble('unread', say('unread')))
  const reader = new FileReader()
  reader.onload = () => reader.result.byteLength === to - from ? resolve(new Uint8Array(reader.result)) : unread()
  reader.onerror = unread
  reader.onabort = unread
  reader.readAsArrayBuffer(file.slice(from, to))
})

// Fails where the file cannot be read any more, has changed, or become shorter.
const readable = file => file.size > 0 ? bytesOf(file, file.size - 1, file.size) : Promise.resolve()

const markOf = async file => {
  const sum = sha256()
  for (const [from, to] of samples(file.size)) sum.update(await bytesOf(file, from, to))
  return sum.hex()
}

// The digest of the first bytes; `step` hears how many have been read, and may throw.
const digestOf = async (file, bytes, step) => {
  const sum = sha256()
  for (let at = 0; at < bytes; at += PIECE) {
    const to = Math.min(bytes, at + PIECE)
    sum.update(await bytesOf(file, at, to))
    step(to)
  }
  return sum.hex()
}

// Whether two files are the same byte for byte.
const identical = async (one, other, step) => {
  if (one.size !== other.size) return false
  for (let at = 0; at < one.size; at += PIECE) {
    const to = Math.min(one.size, at + PIECE)
    const [a, b] = await Promise.all([bytesOf(one, at, to), bytesOf(other, at, to)])
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
    step(to)
  }
  return true
}
