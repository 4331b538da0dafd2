using Quorate.Contracts;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Collects what one service says of itself, bounded in number and length.</summary>
internal sealed class Inspection(SecretDigest digest)
{
    public const int MaxKey = 150;

    private const int MaxItems = 4_000;
    private const int MaxValue = 2_000;
    private const int MaxConditions = 20;
    private const int MaxDetail = 300;
    private readonly SortedDictionary<string, string> _items = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _areas = new(StringComparer.Ordinal);
    private readonly HashSet<string> _cut = new(StringComparer.Ordinal);
    private readonly List<ServiceCondition> _conditions = [];

    public SecretDigest Digest => digest;

    public IReadOnlyDictionary<string, string> Items => _items;

    public IReadOnlyList<ServiceCondition> Conditions => _conditions;

    /// <summary>Without those that did not fit: what is missing there is not known to be absent.</summary>
    public IReadOnlyList<string> Areas => [.. _areas.Except(_cut, StringComparer.Ordinal)];

    /// <summary>Says that an area was read, so that what is not in it is known to be absent.</summary>
    public void Read(params IEnumerable<string> areas) => _areas.UnionWith(areas);

    public static string KeyOf(string area, string name, SecretDigest digest)
    {
        var key = $"{area}/{PlainText.Line(name, 2 * MaxValue)}";
        return key.Length > MaxKey ? $"{key[..(MaxKey - 25)]}… {digest.Of(key)}" : key;
    }

    /// <summary>Adds a value under <c>area/name</c>. What is too long to keep is told apart by its digest.</summary>
    public void Add(string area, string name, string value)
    {
        _areas.Add(area);
        var key = KeyOf(area, name, digest);
        if (_items.Count == MaxItems && !_items.ContainsKey(key))
        {
            _cut.Add(area);
        }
        else
        {
            var kept = digest.Kept(name, value);
            _items[key] = kept.Length > MaxValue ? $"{kept[..100]}… {digest.Of(kept)}" : kept;
        }
    }

    public void Add(ServiceCondition condition)
    {
        if (_conditions.Count < MaxConditions)
        {
            _conditions.Add(condition with { Detail = PlainText.Line(condition.Detail, MaxDetail) });
        }
    }
}
