import { runService } from '@evergrant/service-runtime'
import { readOauthConfig } from './config.ts'
import { startOauthService } from './service.ts'

await runService(async () => startOauthService(readOauthConfig()))
