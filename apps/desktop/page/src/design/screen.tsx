import { useEffect, type ReactNode } from 'react';

/** One screen: its name, what can be done with it, and what it holds. `tall`: it is as high as the window, and its list scrolls in it. */
export function Screen({
  title,
  lead,
  actions,
  tall,
  children,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  tall?: boolean;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Tidemark`;
  }, [title]);
  return (
    <div className={`screen${tall ? ' tall' : ''}`}>
      <header className="screen-head">
        <div>
          <h1>{title}</h1>
          {lead && <div className="lead">{lead}</div>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
