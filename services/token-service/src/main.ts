import { runService } from '@evergrant/service-runtime'
import { readTokenConfig } from './config.ts'
import { startTokenService } from './service.ts'

await runService(async () => startTokenService(readTokenConfig()))
