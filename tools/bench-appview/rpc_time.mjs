// node --import: counts for how long at least one call of the data plane is under way. SIGUSR2 prints `rpc MILLISECONDS CALLS`,
// since the last time.
import http2 from 'node:http2'
import { syncBuiltinESMExports } from 'node:module'

let open = 0, since = 0, busy = 0, calls = 0
const connect = http2.connect
http2.connect = (...words) => {
  const session = connect(...words)
  const request = session.request
  session.request = (...more) => {
    if (open++ === 0) since = performance.now()
    calls++
    const stream = request.apply(session, more)
    stream.once('close', () => {
      if (--open === 0) busy += performance.now() - since
    })
    return stream
  }
  return session
}
syncBuiltinESMExports()
process.on('SIGUSR2', () => {
  process.stdout.write(`rpc ${busy.toFixed(3)} ${calls}\n`)
  busy = calls = 0
})
