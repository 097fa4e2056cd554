/** A row of the table `posts`. */
export interface Post {
  readonly id: number;
  readonly author: string;
  readonly text: string;
  readonly created_at: Date;
}

export type NewPost = Pick<Post, 'author' | 'text'>;

export interface PostList {
  readonly posts: readonly Post[];
  /** The engine that answered, and why it was asked. */
  readonly servedBy: string;
}

export interface Report {
  readonly posts: number;
  /** The ten who wrote most. */
  readonly authors: readonly { readonly author: string; readonly posts: number }[];
  readonly servedBy: string;
}
