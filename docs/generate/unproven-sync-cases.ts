/** Cases that no test here can prove, and why. */
export const unprovenCases: Readonly<Record<string, string>> = {
  'B6.82': 'no call of ours is a batch: each event is written, and each message read, by itself',
  'B7.87': 'nothing here reads the sharing rules of a calendar; what they change shows in the calendar list',
  'B7.89': 'nothing here asks freeBusy; who is busy when is read from the copy',
  'B8.98': 'health costs Google no call: it is read from what refreshes and syncs have met',
}
