/** What a caller waits for an answer, at most: a request's timeout. */
export const DEADLINE_MS = 5_000;

/** Rejects when an answer is so late that nobody waits for it any more. */
export async function withinDeadline<Answer>(what: string, answer: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
