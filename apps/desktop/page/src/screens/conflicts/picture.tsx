import { useEffect, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { useLine } from '../../line/line.tsx';
import { fetchContent } from '../../line/download.ts';
import { Waiting } from '../../design/parts.tsx';
import { Trouble } from '../../design/trouble.tsx';

export const PICTURE_NAME = /\.(png|jpe?g|gif|webp|avif|bmp)$/i;
/** A larger one is not fetched just to be looked at. */
export const PICTURE_BYTES_MAX = 24 * 1024 * 1024;

/** A file's content as a picture. */
export function Picture({
  workspace,
  entry,
  revision,
  label,
}: {
  workspace: string;
  entry: string;
  revision: string | undefined;
  label: string;
}) {
  const line = useLine();
  const { data, error, refetch } = useQuery({
    queryKey: ['content', { workspace, entry, revision }],
    queryFn: ({ signal }) => fetchContent(line, workspace, entry, revision, signal),
  });
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!data) return undefined;
    const made = URL.createObjectURL(data);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  if (error) return <Trouble of={error} onRetry={() => void refetch()} />;
  return url === undefined ? <Waiting lines={3} label="Fetching the picture" /> : <img className="picture" src={url} alt={label} />;
}
