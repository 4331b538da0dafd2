using Microsoft.Data.Sqlite;
using Quorate.Protocol.Messaging;
using Quorate.Storage.Sqlite;

namespace Quorate.Storage.Messaging;

/// <summary>Writes agents' changes, all of a round in one transaction, with statements that are prepared once.</summary>
internal sealed class MessageWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly List<Statement> _statements = [];
    private readonly Statement _add;
    private readonly Statement _settle;
    private readonly Statement _bury;
    private readonly Statement _sequence;
    private readonly Statement _mark;
    private readonly Statement _effect;
    private readonly Statement _record;
    private readonly Statement _trim;
    private readonly Statement[] _forget;

    public MessageWriter(SqliteConnection connection)
    {
        _connection = connection;
        _add = Prepare(5, "INSERT INTO message_outbox (agent, receiver, conversation, sequence, message) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO UPDATE SET message = excluded.message, dead_reason = NULL");
        _settle = Prepare(4, "DELETE FROM message_outbox WHERE agent = $1 AND receiver = $2 AND conversation = $3 AND sequence = $4");
        _bury = Prepare(7, "UPDATE message_outbox SET dead_reason = $5, dead_attempts = $6, dead_at_ms = $7 WHERE agent = $1 AND receiver = $2 AND conversation = $3 AND sequence = $4");
        _sequence = Prepare(4, "INSERT INTO message_sequences (agent, receiver, conversation, sequence) VALUES ($1, $2, $3, $4) ON CONFLICT DO UPDATE SET sequence = excluded.sequence");
        _mark = Prepare(7, "INSERT INTO message_marks (agent, sender, conversation, contiguous, beyond, skipped, has_failed) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO UPDATE SET contiguous = excluded.contiguous, beyond = excluded.beyond, skipped = excluded.skipped, has_failed = excluded.has_failed");
        _effect = Prepare(5, "INSERT INTO message_effects (agent, sender, conversation, sequence, content) VALUES ($1, $2, $3, $4, $5)");
        _record = Prepare(8, "INSERT INTO message_records (agent, at_ms, kind, conversation, sender, first, last, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
        _trim = Prepare(1, "DELETE FROM message_records WHERE id <= (SELECT max(id) FROM message_records) - $1");
        _forget =
        [
            Prepare(2, "DELETE FROM message_outbox WHERE agent = $1 AND conversation = $2"),
            Prepare(2, "DELETE FROM message_sequences WHERE agent = $1 AND conversation = $2"),
            Prepare(2, "DELETE FROM message_marks WHERE agent = $1 AND conversation = $2"),
        ];
    }

    public void Write(IEnumerable<(string Agent, MessengerChanges Changes)> round) => _connection.InTransaction(() =>
    {
        foreach (var (agent, changes) in round)
        {
            Write(agent, changes);
        }

        return true;
    });

    public void Dispose()
    {
        _statements.ForEach(s => s.Command.Dispose());
        _connection.Dispose();
    }

    // What was forgotten goes before what came after it, and what was settled after what was added.
    private void Write(string agent, MessengerChanges changes)
    {
        foreach (var conversation in changes.Forgotten)
        {
            Array.ForEach(_forget, f => f.Run(agent, conversation));
        }

        foreach (var message in changes.Added)
        {
            _add.Run(agent, message.Receiver, message.Conversation, (long)message.Sequence, message.Encode());
        }

        foreach (var (message, reason, attempts, at) in changes.Dead)
        {
            _bury.Run(agent, message.Receiver, message.Conversation, (long)message.Sequence, reason, (long)attempts, at);
        }

        foreach (var (peer, conversation, sequence) in changes.Settled)
        {
            _settle.Run(agent, peer, conversation, (long)sequence);
        }

        foreach (var (receiver, conversation, sequence) in changes.Sequences)
        {
            _sequence.Run(agent, receiver, conversation, (long)sequence);
        }

        WriteReceived(agent, changes);
    }

    private void WriteReceived(string agent, MessengerChanges changes)
    {
        foreach (var mark in changes.Marks)
        {
            _mark.Run(agent, mark.Sender, mark.Conversation, (long)mark.Contiguous, MessageRows.Bytes(mark.Beyond), MessageRows.Bytes(mark.Skipped), mark.HasFailed ? 1L : 0L);
        }

        foreach (var (message, content) in changes.Effects)
        {
            _effect.Run(agent, message.Sender, message.Conversation, (long)message.Sequence, content.ToArray());
        }

        foreach (var record in changes.Records)
        {
            _record.Run(agent, record.At, record.KindName, record.Conversation, record.Sender, (long)record.First, (long)record.Last, record.Detail);
        }

        if (changes.Records.Count > 0)
        {
            _trim.Run((long)SqliteMessageStore.MaxRecords);
        }
    }

    private Statement Prepare(int parameters, string sql)
    {
        var statement = new Statement(_connection.CreateCommand(), parameters, sql);
        _statements.Add(statement);
        return statement;
    }

    private sealed class Statement
    {
        private readonly SqliteParameter[] _values;

        internal Statement(SqliteCommand command, int parameters, string sql)
        {
            Command = command;
            command.CommandText = sql;
            _values = [.. Enumerable.Range(1, parameters).Select(i => command.Parameters.AddWithValue($"${i}", ""))];
        }

        internal SqliteCommand Command { get; }

        internal void Run(params ReadOnlySpan<object> values)
        {
            for (var i = 0; i < values.Length; i++)
            {
                _values[i].Value = values[i];
            }

            Command.ExecuteNonQuery();
        }
    }
}
