using System.Text.Json;
using Quorate.Contracts;
using Quorate.Contracts.Provenance;

namespace Quorate.Storage.Ledger;

/// <summary>The newest checkpoint, kept outside the database that it speaks of.</summary>
internal static class HeadFile
{
    private const int MaxBytes = 4096;

    public static string PathFor(string store) => store + ".head";

    public static void Write(string store, LedgerCheckpoint checkpoint) =>
        DurableFile.Replace(PathFor(store), JsonSerializer.SerializeToUtf8Bytes(checkpoint, QuorateJson.Options));

    /// <summary>Null when there is none.</summary>
    /// <exception cref="JsonException">The file does not hold a checkpoint.</exception>
    public static LedgerCheckpoint? Read(string store)
    {
        var file = new FileInfo(PathFor(store));
        if (!file.Exists)
        {
            return null;
        }

        var checkpoint = file.Length <= MaxBytes ? JsonSerializer.Deserialize<LedgerCheckpoint>(File.ReadAllBytes(file.FullName), QuorateJson.Options) : null;
        return checkpoint is { Hash: not null, KeyId: not null, Signature: not null } ? checkpoint : throw new JsonException($"{file.FullName} does not hold a checkpoint");
    }
}
