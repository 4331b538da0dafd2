using System.Buffers;
using System.Data;
using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Ledger;

/// <summary>Reads what a filter asks for, a page at a time, so that a slow reader holds no lock and no snapshot.</summary>
internal sealed class LedgerQuery
{
    private const int PageSize = 500;
    private const int MaxText = 1000;
    private const int MaxKinds = 100;

    private readonly SqliteDatabase _database;
    private readonly DynamicParameters _values = new();
    private readonly string _where;
    private readonly bool _newest;
    private long _after;
    private int _left;
    private bool _placed;

    /// <exception cref="QuorateException">filter_invalid: the text or the list of kinds is too long.</exception>
    public LedgerQuery(SqliteDatabase database, LedgerFilter filter)
    {
        _database = database;
        _after = filter.AfterSeq;
        _left = filter.Limit;
        _newest = filter.Newest;
        _where = Where(filter);
    }

    public bool IsDone { get; private set; }

    public IReadOnlyList<LedgerEntry> ReadPage()
    {
        if (_left <= 0)
        {
            IsDone = true;
            return [];
        }

        try
        {
            using var connection = _database.Open();
            Place(connection);
            var size = Math.Min(PageSize, _left);
            _values.Add("after", _after);
            _values.Add("size", size);
            var page = connection.Query<EntryRow>($"SELECT {EntryRow.Columns} FROM ledger_entries WHERE {_where} ORDER BY seq LIMIT @size", _values)
                .Select(r => r.ToEntry()).ToList();
            _left -= page.Count;
            _after = page.Count > 0 ? page[^1].Seq : _after;
            IsDone = page.Count < size || _left == 0;
            return page;
        }
        catch (SqliteException e)
        {
            throw _database.Explain(e);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException or InvalidCastException or DataException)
        {
            throw QuorateException.Missing("ledger_broken", $"an entry after {_after} of the ledger in {_database.Path} cannot be read: {e.Message}", "run quorate ledger verify, then restore a backup", e);
        }
    }

    // The newest N in ascending order are the entries from the N-th newest on.
    private void Place(SqliteConnection connection)
    {
        if (!_newest || _placed)
        {
            return;
        }

        _placed = true;
        _values.Add("after", _after);
        _values.Add("size", _left);
        var first = connection.ExecuteScalar<long?>(
            $"SELECT min(seq) FROM (SELECT seq FROM ledger_entries WHERE {_where} ORDER BY seq DESC LIMIT @size)", _values);
        _after = first - 1 ?? _after;
    }

    private string Where(LedgerFilter filter)
    {
        var where = new StringBuilder("seq > @after");
        if (filter.Subject is not null)
        {
            where.Append(" AND subject = @subject");
            _values.Add("subject", filter.Subject);
        }

        if (filter.Kinds is { } kinds)
        {
            Refuse(kinds.Count > MaxKinds, $"{kinds.Count} kinds", $"at most {MaxKinds} kinds");
            where.Append(" AND kind IN @kinds");
            _values.Add("kinds", kinds);
        }

        if (filter.DecisionTag is { } tag)
        {
            where.Append(" AND decision_tag = @tag");
            _values.Add("tag", LedgerTags.Format(tag));
        }

        if (filter.Since is { } since)
        {
            where.Append(" AND at_us >= @since");
            _values.Add("since", LedgerTime.ToMicros(since));
        }

        if (filter.Text is { Length: > 0 } text)
        {
            Refuse(text.Length > MaxText, $"a text of {text.Length} characters", $"at most {MaxText} characters");
            where.Append(" AND (subject LIKE @text ESCAPE '!' OR kind LIKE @text ESCAPE '!' OR payload LIKE @json ESCAPE '!')");
            _values.Add("text", Pattern(text));
            _values.Add("json", Pattern(AsInPayload(text)));
        }

        return where.ToString();
    }

    private static void Refuse(bool wrong, string given, string allowed)
    {
        if (wrong)
        {
            throw QuorateException.Input("filter_invalid", $"the ledger filter has {given}; {allowed} are allowed");
        }
    }

    private static string Pattern(string text) =>
        $"%{text.Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal).Replace("_", "!_", StringComparison.Ordinal)}%";

    // Payloads are JSON: a quote or a line break stands escaped in them.
    private static string AsInPayload(string text)
    {
        var buffer = new ArrayBufferWriter<byte>();
        CanonicalJson.WriteString(buffer, text);
        return Encoding.UTF8.GetString(buffer.WrittenSpan[1..^1]);
    }
}
