import { runService } from '@evergrant/service-runtime'
import { readGatewayConfig } from './config.ts'
import { startGateway } from './service.ts'

await runService(() => startGateway(readGatewayConfig()))
