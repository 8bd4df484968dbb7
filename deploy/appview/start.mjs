// Starts the API process of the official AppView. Its settings are environment variables (docs/APPVIEW.md);
// BSKY_SERVICE_SIGNING_KEY is the service's private key: secp256k1, 64 hexadecimal digits.
import { BskyAppView, ServerConfig } from '@atproto/bsky'
import { Secp256k1Keypair } from '@atproto/crypto'

const { BSKY_SERVICE_SIGNING_KEY: key, BSKY_VERSION: version = '0.0.280' } = process.env
if (!key) {
  console.error('BSKY_SERVICE_SIGNING_KEY is missing')
  process.exit(78)
}
const config = ServerConfig.readEnv({ version })
const server = BskyAppView.create({ config, signingKey: await Secp256k1Keypair.import(key) })
await server.start()
console.log(`the AppView answers on port ${config.port}`)
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, async () => {
    await server.destroy()
    process.exit(0)
  })
