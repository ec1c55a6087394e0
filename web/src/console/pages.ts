import {
  IconLayoutDashboard,
  IconMail,
  IconPackages,
  IconReceipt,
  IconRoute,
  IconUsers,
} from '@tabler/icons-react';

/** The pages of the console, in the order of the menu. */
export const PAGES = [
  { to: '/console', label: 'nav.dashboard', icon: IconLayoutDashboard },
  { to: '/console/orders', label: 'nav.orders', icon: IconReceipt },
  { to: '/console/workflows', label: 'nav.workflows', icon: IconRoute },
  { to: '/console/stock', label: 'nav.stock', icon: IconPackages },
  { to: '/console/messages', label: 'nav.messages', icon: IconMail },
  { to: '/console/customers', label: 'nav.customers', icon: IconUsers },
] as const;
