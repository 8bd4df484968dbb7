// Puts a new key into the DID documents of a recorded network, so that its accounts can be asked for: nobody has
// their own private keys. Run it in a directory with deploy/appview's packages.
// usage: node take_keys.mjs IN.dids.json OUT.dids.json KEY_FILE
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const { Secp256k1Keypair } = createRequire(path.resolve('package.json'))('@atproto/crypto')
const [input, output, keyFile] = process.argv.slice(2)
const keypair = await Secp256k1Keypair.create({ exportable: true })
const publicKeyMultibase = keypair.did().slice('did:key:'.length)
const documents = JSON.parse(fs.readFileSync(input, 'utf8'))
for (const document of Object.values(documents))
  for (const method of document.verificationMethod ?? [])
    if (method.id.endsWith('#atproto')) Object.assign(method, { type: 'Multikey', publicKeyMultibase })
fs.writeFileSync(output, JSON.stringify(documents))
fs.writeFileSync(keyFile, Buffer.from(await keypair.export()).toString('hex') + '\n', { mode: 0o600 })
