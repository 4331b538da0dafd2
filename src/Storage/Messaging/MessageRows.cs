using System.Buffers.Binary;
using Dapper;
using Microsoft.Data.Sqlite;
using Quorate.Contracts;
using Quorate.Protocol.Messaging;

namespace Quorate.Storage.Messaging;

/// <summary>Reads what an agent's messaging needs to go on.</summary>
internal static class MessageRows
{
    private sealed record OutboxRow(byte[] Message, string? DeadReason, long Attempts, long At);

    private sealed record SequenceRow(string Receiver, string Conversation, long Sequence);

    private sealed record MarkRow(string Sender, string Conversation, long Contiguous, byte[] Beyond, byte[] Skipped, long HasFailed);

    public static MessengerState Read(SqliteConnection connection, string agent)
    {
        var outbox = connection.Query<OutboxRow>("SELECT message AS Message, dead_reason AS DeadReason, dead_attempts AS Attempts, dead_at_ms AS At FROM message_outbox WHERE agent = @agent ORDER BY id", new { agent })
            .Select(row => (Message: Decode(row.Message), row.DeadReason, row.Attempts, row.At)).ToList();
        return new MessengerState
        {
            Outgoing = [.. outbox.Where(o => o.DeadReason is null).Select(o => o.Message)],
            Dead = [.. outbox.Where(o => o.DeadReason is not null).Select(o => new DeadLetter(o.Message, o.DeadReason!, (int)o.Attempts, o.At))],
            Sequences = [.. connection.Query<SequenceRow>("SELECT receiver AS Receiver, conversation AS Conversation, sequence AS Sequence FROM message_sequences WHERE agent = @agent", new { agent })
                .Select(s => new LastSequence(s.Receiver, s.Conversation, (ulong)s.Sequence))],
            Marks = [.. connection.Query<MarkRow>("SELECT sender AS Sender, conversation AS Conversation, contiguous AS Contiguous, beyond AS Beyond, skipped AS Skipped, has_failed AS HasFailed FROM message_marks WHERE agent = @agent", new { agent })
                .Select(m => new DeliveryMark(m.Sender, m.Conversation, (ulong)m.Contiguous, Numbers(m.Beyond), Numbers(m.Skipped), m.HasFailed != 0))],
        };
    }

    public static byte[] Bytes(IReadOnlyList<ulong> numbers)
    {
        var bytes = new byte[numbers.Count * sizeof(ulong)];
        for (var i = 0; i < numbers.Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong)), numbers[i]);
        }

        return bytes;
    }

    private static ulong[] Numbers(byte[] bytes) =>
        [.. Enumerable.Range(0, bytes.Length / sizeof(ulong)).Select(i => BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(i * sizeof(ulong))))];

    private static AgentMessage Decode(byte[] bytes) => AgentMessage.TryDecode(bytes, out var message) ? message
        : throw QuorateException.Missing("store_corrupt", "the outbox holds bytes that are no message", "restore the store from a backup");
}
