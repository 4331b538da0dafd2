namespace Quorate.Models.Caching;

/// <summary>Answers by key: the latest used in memory, more in a folder. Thread-safe; dispose of it to have every answer on disk.</summary>
/// <param name="folder">Null: memory alone.</param>
internal sealed class AnswerCache(AnswerFolder? folder) : IAsyncDisposable
{
    private const int MaxAnswers = 2_048;
    private const long MaxCharacters = 16 << 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<CachedAnswer>> _byKey = [];
    private readonly LinkedList<CachedAnswer> _latestFirst = new();
    private long _characters;

    public CachedAnswer? Find(string key)
    {
        lock (_gate)
        {
            if (_byKey.TryGetValue(key, out var node))
            {
                _latestFirst.Remove(node);
                _latestFirst.AddFirst(node);
                return node.Value;
            }
        }

        var found = folder?.Find(key);
        if (found is not null)
        {
            Remember(found);
        }

        return found;
    }

    public void Add(CachedAnswer answer)
    {
        Remember(answer);
        folder?.Add(answer);
    }

    public ValueTask DisposeAsync() => folder?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Remember(CachedAnswer answer)
    {
        lock (_gate)
        {
            if (_byKey.TryGetValue(answer.Key, out var old))
            {
                Forget(old);
            }

            _byKey[answer.Key] = _latestFirst.AddFirst(answer);
            _characters += answer.Text.Length;
            while (_latestFirst.Count > MaxAnswers || _characters > MaxCharacters)
            {
                Forget(_latestFirst.Last!);
            }
        }
    }

    private void Forget(LinkedListNode<CachedAnswer> node)
    {
        _latestFirst.Remove(node);
        _byKey.Remove(node.Value.Key);
        _characters -= node.Value.Text.Length;
    }
}
