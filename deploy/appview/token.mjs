// Prints a token with which an account asks the AppView, as its PDS would make one: signed by the account's key.
// usage: node token.mjs DID METHOD KEY_FILE [SERVICE_DID]
//   METHOD    what it is for, for example app.bsky.feed.getTimeline
//   KEY_FILE  the account's private key: secp256k1, 64 hexadecimal digits
// It is valid for an hour.
import fs from 'node:fs'
import { Secp256k1Keypair } from '@atproto/crypto'
import { createServiceJwt } from '@atproto/xrpc-server'

const [iss, lxm, keyFile, aud = process.env.BSKY_SERVER_DID ?? 'did:web:appview.test'] = process.argv.slice(2)
if (!keyFile) {
  console.error('usage: node token.mjs DID METHOD KEY_FILE [SERVICE_DID]')
  process.exit(64)
}
const keypair = await Secp256k1Keypair.import(fs.readFileSync(keyFile, 'utf8').trim())
const exp = Math.floor(Date.now() / 1000) + 3600
console.log(await createServiceJwt({ iss, aud, lxm, exp, keypair }))
