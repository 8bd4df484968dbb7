// A data plane that answers from memory what it was asked before, and anything else as another one does: what the AppView
// costs with a data plane that costs nothing.
// usage: node perfect.mjs HOST:PORT     of the other one; prints `ready PORT`
import http2 from 'node:http2'

const HEADERS = ['content-type', 'grpc-encoding']
const other = http2.connect(`http://${process.argv[2]}`)
const known = new Map()

const read = (stream) =>
  new Promise((resolve, reject) => {
    const parts = []
    stream.on('data', (part) => parts.push(part)).on('end', () => resolve(Buffer.concat(parts))).on('error', reject)
  })

const ask = async (headers, body) => {
  const stream = other.request(headers)
  let first = {}, trailers
  stream.on('response', (got) => (first = got)).on('trailers', (got) => (trailers = got))
  stream.end(body)
  const answer = await read(stream)
  const status = trailers ?? first // an answer without a message has its status in the first headers
  return {
    headers: Object.fromEntries([[':status', 200], ...HEADERS.filter((name) => name in first).map((name) => [name, first[name]])]),
    body: answer,
    trailers: { 'grpc-status': status['grpc-status'], 'grpc-message': status['grpc-message'] ?? '' },
  }
}

const server = http2.createServer()
server.on('stream', async (stream, { ':path': path, ...headers }) => {
  stream.on('error', () => {})
  const body = await read(stream)
  const key = path + body.toString('latin1')
  const answer = known.get(key) ?? (await ask({ ':method': 'POST', ':path': path, 'content-type': headers['content-type'], te: 'trailers' }, body))
  if (answer.trailers['grpc-status'] === '0') known.set(key, answer)
  if (stream.destroyed) return
  stream.respond(answer.headers, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers(answer.trailers))
  stream.end(answer.body)
})
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`))
