// Only the program of all sources (tsconfig.json) sees both Node and the DOM, and there the DOM's RequestInit wins.
// Node's has this field besides: a request whose body is a stream must say it.
interface RequestInit {
  duplex?: 'half';
}
