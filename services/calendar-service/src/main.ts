import { runService } from '@evergrant/service-runtime'
import { readCalendarConfig } from './config.ts'
import { startCalendarService } from './service.ts'

await runService(async () => startCalendarService(readCalendarConfig()))
