using System.Text;

namespace Chroma.Tokenization;

/// <summary>
/// A prefix tree over UTF-8 bytes: from a place in a text it finds every piece that starts there, the shortest first.
/// The children of a node lie side by side, so that one vectorised search finds the next.
/// </summary>
internal sealed class PieceTrie
{
    private readonly byte[] _labels;
    private readonly int[] _firstChild;
    private readonly int[] _values;

    /// <summary>Builds the tree. Of equal pieces the last one counts.</summary>
    public PieceTrie(IEnumerable<KeyValuePair<string, int>> pieces)
    {
        Dictionary<string, int> unique = new(StringComparer.Ordinal);
        foreach ((string piece, int id) in pieces)
        {
            if (piece.Length > 0)
            {
                unique[piece] = id;
            }
        }

        (byte[] Key, int Id)[] entries = [.. unique.Select(entry => (Encoding.UTF8.GetBytes(entry.Key), entry.Value))];
        Array.Sort(entries, static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));

        // Breadth first: a node is a range of the sorted keys that share their first `Depth` bytes.
        List<byte> labels = [0];
        List<int> firstChild = [];
        List<int> values = [];
        Queue<(int Begin, int End, int Depth)> open = new();
        open.Enqueue((0, entries.Length, 0));
        while (open.TryDequeue(out (int Begin, int End, int Depth) node))
        {
            int begin = node.Begin;
            int value = -1;
            while (begin < node.End && entries[begin].Key.Length == node.Depth)
            {
                value = entries[begin++].Id;
            }

            values.Add(value);
            firstChild.Add(labels.Count);
            while (begin < node.End)
            {
                byte label = entries[begin].Key[node.Depth];
                int end = begin + 1;
                while (end < node.End && entries[end].Key[node.Depth] == label)
                {
                    end++;
                }

                labels.Add(label);
                open.Enqueue((begin, end, node.Depth + 1));
                begin = end;
            }
        }

        firstChild.Add(labels.Count);
        _labels = [.. labels];
        _firstChild = [.. firstChild];
        _values = [.. values];
    }

    /// <summary>The node from which every search starts.</summary>
    public const int Root = 0;

    /// <summary>Goes from a node along one byte.</summary>
    /// <returns>False where no piece goes on like that.</returns>
    public bool TryStep(ref int node, byte next)
    {
        int first = _firstChild[node];
        int offset = _labels.AsSpan(first, _firstChild[node + 1] - first).IndexOf(next);
        node = first + offset;
        return offset >= 0;
    }

    /// <summary>The id of the piece that ends at a node, or -1.</summary>
    public int ValueAt(int node) => _values[node];

    /// <summary>The id of a whole piece, or -1.</summary>
    public int Find(ReadOnlySpan<byte> piece)
    {
        int node = Root;
        foreach (byte b in piece)
        {
            if (!TryStep(ref node, b))
            {
                return -1;
            }
        }

        return ValueAt(node);
    }
}
