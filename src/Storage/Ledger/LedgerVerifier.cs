using System.Diagnostics;
using Quorate.Contracts;
using Quorate.Protocol.Provenance;

namespace Quorate.Storage.Ledger;

/// <summary>What a check of a ledger found. KeyPinned: the signing keys were trusted beforehand, not taken from the file.</summary>
public sealed record LedgerVerification
{
    public required bool Valid { get; init; }

    /// <summary>Good entries before the first fault, if there is one.</summary>
    public required long Entries { get; init; }
    public required long Checkpoints { get; init; }
    public LedgerFault? FirstBad { get; init; }
    public required IReadOnlyList<string> KeyIds { get; init; }
    public required bool KeyPinned { get; init; }

    /// <summary>For a store: whether the signed head outside the database was there to compare with.</summary>
    public bool? HeadFile { get; init; }
    public required double Seconds { get; init; }
}

/// <summary>Checks a store or an export from its first entry to its last.</summary>
public static class LedgerVerifier
{
    // A payload of the longest kind, all of it in four-byte characters, and the rest of its line.
    private const int MaxLine = (4 * SqliteLedger.MaxPayload) + (64 * 1024);
    private const int FirstBuffer = 1 << 20;

    /// <param name="file">The database file. It is only read; appends may go on.</param>
    /// <param name="publicKeys">The trusted keys: the key ring's <c>PublicKeys</c>, or a folder's.</param>
    /// <param name="cancellationToken">Stops the check.</param>
    /// <exception cref="QuorateException">The file is missing or is no store. What is wrong inside it is in the result.</exception>
    public static Task<LedgerVerification> VerifyStoreAsync(string file, IReadOnlyDictionary<string, byte[]> publicKeys, CancellationToken cancellationToken) =>
        Task.Run(() => StoreVerification.Run(file, publicKeys, cancellationToken), cancellationToken);

    /// <param name="path">The exported file.</param>
    /// <param name="trusted">Keys trusted beforehand; none pins nothing, and the result says so.</param>
    /// <param name="requirePinned">An export that no trusted key signed is refused.</param>
    /// <param name="cancellationToken">Stops the check.</param>
    /// <exception cref="QuorateException">export_missing or export_unreadable. What is wrong inside it is in the result.</exception>
    public static async Task<LedgerVerification> VerifyFileAsync(
        string path, IReadOnlyDictionary<string, byte[]> trusted, bool requirePinned = false, CancellationToken cancellationToken = default)
    {
        var start = Stopwatch.GetTimestamp();
        using var verifier = new LedgerExportVerifier(trusted, requirePinned);
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
            await ReadLinesAsync(file, verifier, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw QuorateException.Input("export_missing", $"the export {path} does not exist", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("export_unreadable", $"the export {path} cannot be read: {e.Message}", inner: e);
        }

        return new LedgerVerification
        {
            Valid = verifier.Fault is null,
            Entries = verifier.Entries,
            Checkpoints = verifier.Checkpoints,
            FirstBad = verifier.Fault,
            KeyIds = verifier.KeyIds,
            KeyPinned = verifier.KeyPinned,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
        };
    }

    private static async Task ReadLinesAsync(Stream file, LedgerExportVerifier verifier, CancellationToken cancellationToken)
    {
        var buffer = new byte[FirstBuffer];
        var used = 0;
        while (true)
        {
            if (used == buffer.Length)
            {
                if (used >= MaxLine)
                {
                    break;
                }

                Array.Resize(ref buffer, Math.Min(2 * used, MaxLine));
            }

            var read = await file.ReadAsync(buffer.AsMemory(used), cancellationToken);
            if (read == 0)
            {
                break;
            }

            used = AddLines(verifier, buffer, used, used + read);
            if (verifier.Fault is not null)
            {
                return;
            }
        }

        verifier.Complete(buffer.AsSpan(0, used));
    }

    /// <summary>Feeds the whole lines and moves the rest to the front; returns the rest's length.</summary>
    private static int AddLines(LedgerExportVerifier verifier, byte[] buffer, int searched, int used)
    {
        var start = 0;
        for (var from = searched; ;)
        {
            var at = buffer.AsSpan(from, used - from).IndexOf((byte)'\n');
            if (at < 0 || !verifier.AddLine(buffer.AsSpan(start, from + at - start)))
            {
                break;
            }

            start = from = from + at + 1;
        }

        buffer.AsSpan(start, used - start).CopyTo(buffer);
        return used - start;
    }
}
