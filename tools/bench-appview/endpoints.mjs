// Measures endpoints of AppViews, each with a data plane of its own, in turns and with the same requests.
// usage: node endpoints.mjs PLAN.json     in a directory with deploy/appview's packages
// PLAN: {"systems": [{name, url, log, pids: {appview, dataplane, postgres}}], "people": [DID…], "posts": [at-uri…], "key": file, "requests": N,
// "timelines": {NUMBER: [DID…]}}: people by the number of those that they follow, whose timelines are measured besides; may be empty
// A line of JSON for each endpoint and system.
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const packages = createRequire(path.resolve('package.json'))
const { Secp256k1Keypair } = packages('@atproto/crypto')
const { createServiceJwt } = packages('@atproto/xrpc-server')
const plan = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))
const keypair = await Secp256k1Keypair.import(fs.readFileSync(plan.key, 'utf8').trim())
const AT_ONCE = 8
const IN_TURN = 5

let state = 7
const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296
// A few are asked for often, as in real networks.
const some = (list) => list[Math.floor(list.length * random() ** 2)]
const endpoints = {
  'app.bsky.feed.getTimeline': () => ({ limit: 30 }),
  'app.bsky.feed.getAuthorFeed': () => ({ actor: some(plan.people), limit: 30 }),
  'app.bsky.actor.getProfile': () => ({ actor: some(plan.people) }),
  'app.bsky.feed.getPostThread': () => ({ uri: some(plan.posts) }),
  'app.bsky.unspecced.getPostThreadV2': () => ({ anchor: some(plan.posts) }),
  'app.bsky.notification.listNotifications': () => ({ limit: 30 }),
  'app.bsky.notification.getUnreadCount': () => ({}),
  'app.bsky.graph.getFollowers': () => ({ actor: some(plan.people), limit: 50 }),
  'app.bsky.feed.getLikes': () => ({ uri: some(plan.posts), limit: 50 }),
  'app.bsky.feed.getPosts': () => ({ uris: Array.from({ length: 10 }, () => some(plan.posts)) }),
}

const query = (params) => new URLSearchParams(Object.entries(params).flatMap(([name, value]) => [value].flat().map((each) => [name, each])))
const make = async (method, params, viewers = plan.people) => {
  const iss = some(viewers)
  const exp = Math.floor(Date.now() / 1000) + 3600
  const token = await createServiceJwt({ iss, aud: 'did:web:appview.test', lxm: method, exp, keypair })
  return { path: `/xrpc/${method}?${query(params())}`, headers: { authorization: `Bearer ${token}` } }
}

// Milliseconds of processor time: of a process, or of PostgreSQL with all its sessions, also those that have ended.
const fields = (pid) => {
  const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ').map(Number)
}
const cpu = (pid, withChildren) => {
  const own = fields(pid)
  let ticks = own[11] + own[12]
  if (withChildren) {
    ticks += own[13] + own[14]
    for (const each of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
      try {
        const child = fields(each)
        if (child[1] === pid) ticks += child[11] + child[12]
      } catch {} // it has ended
  }
  return ticks * 10
}
const used = ({ pids }) => ({ appview: cpu(pids.appview), dataplane: cpu(pids.dataplane), postgres: cpu(pids.postgres, true) })
const memory = (pid) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024)

// For how long the AppView has waited for its data plane, by rpc_time.mjs.
const waited = async (system) => {
  const before = fs.statSync(system.log).size
  process.kill(system.pids.appview, 'SIGUSR2')
  for (;;) {
    const found = /^rpc (\S+) (\d+)$/m.exec(fs.readFileSync(system.log, 'utf8').slice(before))
    if (found) return { milliseconds: Number(found[1]), calls: Number(found[2]) }
    await new Promise((again) => setTimeout(again, 10))
  }
}

const run = async (system, jobs, atOnce) => {
  const times = []
  let next = 0, failed = 0
  const one = async () => {
    while (next < jobs.length) {
      const job = jobs[next++]
      const asked = performance.now()
      const answer = await fetch(system.url + job.path, { headers: job.headers })
      await answer.arrayBuffer()
      times.push(performance.now() - asked)
      // 400: an account that is not active
      if (answer.status !== 200 && answer.status !== 400) failed++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return { times, failed }
}

// One at a time, a few to each system in turn: a machine that becomes slower meanwhile is as slow for all.
const inTurn = async (systems, jobs) => {
  const sums = systems.map(() => ({ times: [], failed: 0 }))
  for (let first = 0; first < jobs.length; first += IN_TURN)
    for (const [i, system] of systems.entries()) {
      const { times, failed } = await run(system, jobs.slice(first, first + IN_TURN), 1)
      sums[i].times.push(...times)
      sums[i].failed += failed
    }
  return sums
}
const percentile = (times, share) => {
  const sorted = times.toSorted((a, b) => a - b)
  return Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1))
}

const measured = Object.entries(endpoints).map(([method, params]) => ({ name: method.split('.').pop(), method, params }))
const timeline = measured[0]
for (const [number, viewers] of Object.entries(plan.timelines))
  measured.push({ ...timeline, name: `${timeline.name} of ${number} follows`, viewers })

for (const { name, method, params, viewers } of measured) {
  const jobs = []
  for (let i = 0; i < plan.requests; i++) jobs.push(await make(method, params, viewers))
  for (const system of plan.systems) {
    await run(system, jobs, AT_ONCE) // warm
    await waited(system)
  }
  const alone = await inTurn(plan.systems, jobs)
  for (const [i, system] of plan.systems.entries()) {
    const { times, failed } = alone[i]
    const rpc = await waited(system)
    const before = used(system)
    const began = performance.now()
    const together = await run(system, jobs, AT_ONCE)
    const perSecond = Number((jobs.length / (performance.now() - began) * 1000).toFixed(1))
    const after = used(system)
    const cpuOf = (name) => Number(((after[name] - before[name]) / jobs.length).toFixed(1))
    console.log(JSON.stringify({
      endpoint: name, system: system.name, p50: percentile(times, 0.5), p99: percentile(times, 0.99),
      dataplaneShare: Number((rpc.milliseconds / jobs.length).toFixed(1)), calls: Number((rpc.calls / jobs.length).toFixed(1)),
      perSecond, cpu: { appview: cpuOf('appview'), dataplane: cpuOf('dataplane'), postgres: cpuOf('postgres') },
      rss: { appview: memory(system.pids.appview), dataplane: memory(system.pids.dataplane) }, failed: failed + together.failed,
    }))
  }
}
