const PAGE_BYTES = 8192n;
const SHORT_HEADER_BYTES = 24n;
const LONG_HEADER_BYTES = 40n;

/**
 * Where replay stands once everything before an insert position is replayed. They differ when the last record fills its
 * page: the insert position is then behind the next page's header, which no slave reaches before there is another record.
 */
export function replayTarget(insertPosition: bigint, segmentBytes: bigint): bigint {
  const inPage = insertPosition % PAGE_BYTES;
  const isFirstPage = insertPosition % segmentBytes < PAGE_BYTES;
  return inPage === (isFirstPage ? LONG_HEADER_BYTES : SHORT_HEADER_BYTES)
    ? insertPosition - inPage
    : insertPosition;
}
