namespace Quorate.Contracts;

/// <summary>Small files from elsewhere, read whole but never without end.</summary>
public static class BoundedFile
{
    /// <summary>
    /// The file's bytes, one more than <paramref name="most"/> at the most: that one tells a file that is too large, whatever length it
    /// claims to have (a pipe or a device claims none).
    /// </summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read, or is a folder.</exception>
    public static byte[] Read(string path, int most)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.CanSeek && file.Length > 0 ? Math.Min(most, file.Length) + 1 : most + 1];
        return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
    }
}
