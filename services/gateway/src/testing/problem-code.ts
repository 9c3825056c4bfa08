/** The stable code of the problem document an answer carries. */
export async function problemCode(answer: Response): Promise<string | undefined> {
  return ((await answer.json()) as { readonly code?: string }).code
}
