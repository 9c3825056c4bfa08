import { expect, it } from 'vitest'
import { pushAddress } from './config.ts'

const google = 'https://www.googleapis.com'

it('asks Google to call at an address it would take, and else not at all (B4.54)', () => {
  const address = (PUBLIC_URL: string, GOOGLE_API_ROOT_URL = google) =>
    pushAddress({ PUBLIC_URL, GOOGLE_API_ROOT_URL })
  expect(address('https://evergrant.example.com')).toBe(
    'https://evergrant.example.com/v1/google/notifications',
  )
  expect(address('http://evergrant.example.com')).toBeNull()
  expect(address('http://127.0.0.1:8080')).toBeNull()
  expect(address('https://localhost:8080')).toBeNull()
  expect(address('http://127.0.0.1:8080', 'http://127.0.0.1:9000')).toBe(
    'http://127.0.0.1:8080/v1/google/notifications',
  )
})
