/** What a caller waits for an answer, at most. */
export const DEADLINE_MS = 3_000;

export class NoAnswer extends Error {}

/** Rejects with `NoAnswer` when an answer is so late that nobody waits for it any more. */
export async function withinDeadline(answer) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new NoAnswer(`no answer within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
