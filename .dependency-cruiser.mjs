// Who may import whom (docs/architecture.md). The comments are what you read when a rule stops you.
const src = '^services/([^/]+)/src'
const pure = '^packages/(decider|event-contracts)/'
const spec = '[.]spec[.]ts$'
const testing = '/testing([.]ts$|/)'

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to })
const only = (ring, mayUse, comment) =>
  forbid(`${ring}-only-uses`, comment, { path: `${src}/${ring}/`, pathNot: spec }, { pathNot: mayUse })
const own = (...rings) => rings.map((ring) => `^services/$1/src/${ring}/`)

export default {
  forbidden: [
    only(
      'domain',
      [...own('domain'), pure],
      'Decisions are pure: pass the clock, ids and randomness in as data.',
    ),
    only(
      'application',
      [...own('application', 'domain'), pure, '^packages/event-store/'],
      'Speak to the outside through ports.ts.',
    ),
    only(
      'projections',
      [...own('projections', 'domain'), pure, '^packages/event-store/', 'node_modules/@mikro-orm'],
      'A read model knows events and rows.',
    ),
    forbid(
      'entry-points-never-reach-adapters',
      'service.ts hands adapters in; an entry point only parses and names the work.',
      { path: `${src}/entry-points/`, pathNot: spec },
      { path: '^services/$1/src/(adapters/|[^/]+[.]ts$)' },
    ),
    forbid(
      'adapters-only-implement-ports',
      'An adapter knows application/ports.ts and the domain types, nothing else of the service.',
      { path: `${src}/adapters/`, pathNot: spec },
      {
        path: '^services/$1/src/(entry-points|projections|[^/]+[.]ts$)|^services/$1/src/application/(?!ports[.]ts$)',
      },
    ),
    forbid(
      'adapters-do-not-meet',
      'Two outside things meet in a use case, not in each other.',
      { path: `${src}/adapters/([^/]+)/`, pathNot: spec },
      { path: '^services/$1/src/adapters/', pathNot: '^services/$1/src/adapters/$2/' },
    ),
    forbid(
      'services-meet-only-on-the-bus',
      'Share a contract, not code.',
      { path: '^services/([^/]+)/' },
      { path: '^services/', pathNot: '^services/$1/' },
    ),
    forbid(
      'packages-never-import-services',
      'A package serves services; it does not know them.',
      { path: '^packages/' },
      { path: '^services/' },
    ),
    forbid(
      'packages-have-one-door',
      'Import the package by its name; what it does not export is its own business.',
      { path: '^(services|packages|test)/([^/]+)/' },
      { path: '^packages/([^/]+)/src/', pathNot: ['^packages/[^/]+/src/(index|testing)[.]ts$', '^$1/$2/'] },
    ),
    forbid(
      'store-does-not-meet-bus',
      'service-runtime/exchange joins outbox and inbox to the bus.',
      { path: '^packages/event-store/' },
      { path: '^packages/event-bus/' },
    ),
    forbid(
      'bus-does-not-meet-store',
      'service-runtime/exchange joins outbox and inbox to the bus.',
      { path: '^packages/event-bus/' },
      { path: '^packages/event-store/' },
    ),
    forbid(
      'vocabulary-stands-alone',
      'The vocabulary is imported by everyone, so it imports no one.',
      { path: pure, pathNot: spec },
      { path: '^packages/', pathNot: pure },
    ),
    forbid(
      'test-kits-stay-in-tests',
      'testing.ts is for specs.',
      { path: '^(services|packages)/', pathNot: [spec, testing] },
      { path: '^packages/[^/]+/src/testing[.]ts$' },
    ),
    forbid('no-one-imports-a-spec', 'Move what is shared out of the spec.', {}, { path: spec }),
    // Stryker is declared in the workspace of test/mutation, which only `npm run mutation` installs.
    forbid(
      'everything-resolves',
      'Declare the dependency in package.json.',
      {},
      { couldNotResolve: true, pathNot: '^@stryker-mutator/api/' },
    ),
    forbid('no-cycles', 'One of the two knows too much.', {}, { circular: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
