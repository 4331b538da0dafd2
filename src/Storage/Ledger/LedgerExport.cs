using System.Buffers;
using System.Security.Cryptography;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;
using Quorate.Engine.Ports;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Ledger;

/// <summary>What was exported.</summary>
public sealed record LedgerExportResult(string Path, long Entries, long Checkpoints, string Sha256, string KeyId);

/// <summary>Writes the whole ledger as a file that proves itself; docs/ledger.md describes it.</summary>
public static class LedgerExport
{
    private const int FlushAt = 1 << 20;

    /// <summary>Signs the head, then writes all entries up to it. The file appears whole or not at all, and replaces one of its name.</summary>
    /// <exception cref="QuorateException">export_unwritable, keys_changed, or the store's own.</exception>
    public static async Task<LedgerExportResult> WriteAsync(ILedger ledger, IKeyRing keys, TimeProvider time, string path, CancellationToken cancellationToken)
    {
        var head = await ledger.CheckpointAsync(cancellationToken);
        var checkpoints = (await ledger.ReadCheckpointsAsync(cancellationToken)).Where(c => c.Seq <= head.Seq).ToDictionary(c => c.Seq);
        string? temporary = null;
        try
        {
            LedgerExportResult result;
            await using (var file = DurableFile.CreateTemporary(Path.GetFullPath(path)))
            {
                temporary = file.Name;
                result = await WriteAsync(file, ledger, keys, time, head, checkpoints, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            DurableFile.Publish(temporary, Path.GetFullPath(path));
            return result with { Path = Path.GetFullPath(path) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("export_unwritable", $"the export {path} cannot be written: {e.Message}", "check the folder, your access and the free space", e);
        }
        finally
        {
            if (temporary is not null)
            {
                File.Delete(temporary);
            }
        }
    }

    private static async Task<LedgerExportResult> WriteAsync(
        Stream file, ILedger ledger, IKeyRing keys, TimeProvider time, LedgerCheckpoint head, Dictionary<long, LedgerCheckpoint> checkpoints, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new ArrayBufferWriter<byte>(FlushAt);
        var header = Header(keys, time.GetUtcNow());
        var lines = 0L;
        End(LedgerExportLines.Write(header));
        if (checkpoints.TryGetValue(0, out var genesis))
        {
            End(LedgerExportLines.Write(genesis, lines + 1));
        }

        await foreach (var entry in ledger.ReadAsync(new LedgerFilter { Limit = int.MaxValue }, cancellationToken))
        {
            if (entry.Seq > head.Seq)
            {
                break;
            }

            LedgerExportLines.Write(buffer, entry, lines + 1);
            End([]);
            if (checkpoints.TryGetValue(entry.Seq, out var checkpoint))
            {
                End(LedgerExportLines.Write(checkpoint, lines + 1));
            }

            if (buffer.WrittenCount >= FlushAt)
            {
                await FlushAsync();
            }
        }

        await FlushAsync();
        var seal = Seal(keys, header.KeyId, new LedgerExportSeal
        {
            Entries = head.Seq,
            Checkpoints = checkpoints.Count,
            Lines = lines,
            Sha256 = Convert.ToHexStringLower(hash.GetCurrentHash()),
            KeyId = header.KeyId,
            Signature = string.Empty,
        });
        End(LedgerExportLines.Write(seal));
        await FlushAsync();
        return new LedgerExportResult(string.Empty, seal.Entries, seal.Checkpoints, seal.Sha256, seal.KeyId);

        void End(ReadOnlySpan<byte> line)
        {
            buffer.Write(line);
            buffer.Write("\n"u8);
            lines++;
        }

        async Task FlushAsync()
        {
            hash.AppendData(buffer.WrittenSpan);
            await file.WriteAsync(buffer.WrittenMemory, cancellationToken);
            buffer.ResetWrittenCount();
        }
    }

    private static LedgerExportHeader Header(IKeyRing keys, DateTimeOffset now)
    {
        var header = new LedgerExportHeader
        {
            Format = LedgerExportHeader.FormatName,
            Version = LedgerExportHeader.FormatVersion,
            CreatedAt = now,
            KeyId = string.Empty,
            Keys = keys.PublicKeys.ToDictionary(k => k.Key, k => Convert.ToBase64String(k.Value), StringComparer.Ordinal),
            Signature = string.Empty,
        };
        var (keyId, signature) = LedgerSigner.Sign(keys, id => LedgerExportLines.Message(header with { KeyId = id }));
        return header with { KeyId = keyId, Signature = signature };
    }

    private static LedgerExportSeal Seal(IKeyRing keys, string keyId, LedgerExportSeal seal)
    {
        var (signedWith, signature) = LedgerSigner.Sign(keys, _ => LedgerExportLines.Message(seal));
        return signedWith == keyId
            ? seal with { Signature = signature }
            : throw QuorateException.Missing("keys_changed", "the keys were rotated while the export was written", "export again");
    }
}
